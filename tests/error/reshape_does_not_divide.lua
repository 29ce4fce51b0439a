--> @:2: reshape "net.2": reshape: 8x10 has 80 elements, which the given sizes do not divide
local net = nn.sequential("net", {nn.flatten{}, nn.linear{10}, nn.reshape{{3, -1}}})
local real = data.mnist{batch = 8}
return {steps = {function() return {minimize = net(real):mean(), params = net, with = optim.sgd{lr = 1}} end}}
