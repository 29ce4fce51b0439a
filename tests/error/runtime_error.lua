--> @:3: attempt to perform arithmetic on a nil value (local 'width')
local width
local net = nn.sequential("net", {nn.linear{2 * width}})
