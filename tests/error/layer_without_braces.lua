--> @:2: nn.sequential "net": item 2 is a function, not a layer; wrap it in nn.func, or add {} behind its name
local net = nn.sequential("net", {nn.linear{1}, nn.sigmoid})
