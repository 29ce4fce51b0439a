--> @:5: a tensor of the step "step 1" is used in the step "step 2"; compute it there again, or keep it in a state
local net = nn.sequential("net", {nn.linear{1}})
local kept
local function one() kept = net(random.normal{2, 2}):mean(); return {minimize = kept, params = net, with = optim.sgd{lr = 1}} end
local function two() return {minimize = kept * 2, params = net, with = optim.sgd{lr = 1}} end
return {steps = {one, two}}
