--> @:4: the step must return with = an optimiser, as optim.adam{lr = 2e-4}, not nil
local net = nn.sequential("net", {nn.linear{1}})
--
local function step()
  return {minimize = net(random.normal{2, 2}):mean(), params = net}
end
return {steps = {step}}
