--> @:3: how many classes this data set has is not known here; data.images{classes = N} says it
local real = data.idx{images = "x", shape = {8, 8, 1}, batch = 8}
local net = nn.sequential("net", {nn.flatten{}, nn.linear{real.classes}})
return {steps = {}}
