--> @:4: '}' expected (to close '{' at line 2) near 'nn'
local net = nn.sequential("net", {
  nn.linear{10}
  nn.sigmoid{},
})
