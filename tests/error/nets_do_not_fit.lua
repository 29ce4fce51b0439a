--> @:8: net "discriminator" takes inputs of 28x28x1 (besides the batch), as at its first call at @:8, but this one is 14x14x1
local G = nn.sequential("generator", {nn.linear{14 * 14}, nn.tanh{}, nn.reshape{{14, 14, 1}}})
local D = nn.sequential("discriminator", {nn.conv2d{1, kernel = 4, stride = 4}, nn.flatten{}, nn.linear{1}, nn.sigmoid{}})
local real = data.mnist{batch = 8}
local adam = optim.adam{lr = 1e-3}
local function step()
  local fake = G(random.normal{8, 16})
  return {minimize = loss.bce(D(real), 1) + loss.bce(D(stop(fake)), 0), params = D, with = adam}
end
return {steps = {step}}
