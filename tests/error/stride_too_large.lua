--> @:2: 4611686018427387904 is too large; at most 2147483647 is possible
local up = nn.conv_transpose2d{8, kernel = 4, stride = 1 << 62, padding = 1}
return {steps = {up}}
