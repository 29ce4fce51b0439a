-- Products of many shapes, so that each tile of templates/cuda/gemm.lua is some kernel's: option "widths" of the layers, and "batch".
local batch  = option("batch", 64, "rows")
local widths = option("widths", "64 256", "of the layers, one after the other")

local layers = {}
for width in widths:gmatch("%d+") do layers[#layers + 1] = nn.linear{tonumber(width)} end
local net = nn.sequential("net", layers)

local function step()
  return {name = "loss", minimize = loss.mse(net(random.normal{batch, 64}), 0), params = net, with = optim.sgd{lr = 0.1}}
end

return {steps = {step}, epochs = 1}
