--> @:6: conv2d "discriminator.4": kernel 4 does not fit input 3x3 (padding 0); use kernel ≤ 3 or padding ≥ 1
local D = nn.sequential("discriminator", {
  nn.conv2d{8, kernel = 4, stride = 2, padding = 1},  nn.leaky_relu{0.2},               -- 28 -> 14
  nn.conv2d{16, kernel = 4, stride = 4, padding = 0}, nn.leaky_relu{0.2},               -- 14 ->  3
  --
  nn.conv2d{1, kernel = 4}, nn.sigmoid{},
})
local real = data.mnist{batch = 8}
return {steps = {function() return {minimize = loss.bce(D(real), 1), params = D, with = optim.adam{lr = 1e-3}} end}}
