--> @:2: nn.dropout: p must be a number from 0 to below 1, not 1
local net = nn.sequential("net", {nn.linear{4}, nn.dropout{1}})
