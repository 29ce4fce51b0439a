--> @: the spec must return {steps = {...}, samples = a function, epochs = 20}, not nil
local net = nn.sequential("net", {nn.linear{1}})
