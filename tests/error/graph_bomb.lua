--> @:4: "step 1" has more than 262144 operations; is there an endless loop?
local function step()
  local x = random.normal{2, 2}
  while true do x = x + 1 end
end
return {steps = {step}}
