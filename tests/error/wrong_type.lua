--> @:2: nn.linear: out must be a whole number of at least 1, not "ten"
local net = nn.sequential("net", {nn.linear{"ten"}})
