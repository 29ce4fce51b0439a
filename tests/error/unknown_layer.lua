--> @:2: nn has no "conv3d"; did you mean "conv2d"?
local net = nn.sequential("net", {nn.conv3d{10, kernel = 3}})
