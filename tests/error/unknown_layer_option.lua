--> @:2: nn.conv2d has no option "strid"; did you mean "stride"?
local net = nn.sequential("net", {nn.conv2d{10, kernel = 3, strid = 2}})
