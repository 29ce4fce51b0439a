--> @:2: nn.conv2d needs kernel =
local net = nn.sequential("net", {nn.conv2d{10}})
