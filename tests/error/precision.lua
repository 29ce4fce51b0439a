--> @: the spec: precision must be "fp32", "tf32" or "bf16", not "fp16"
local net = nn.sequential("net", {nn.flatten{}, nn.linear{1}})
local function step() return {minimize = loss.mse(net(random.normal{4, 3}), 1), params = net, with = optim.sgd{lr = 1}} end
return {steps = {step}, precision = "fp16"}
