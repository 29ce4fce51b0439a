--> @:4: axis 3 does not exist; the tensor has axes 1 to 2
local net = nn.sequential("net", {nn.flatten{}, nn.linear{10}})
local real = data.mnist{batch = 8}
return {steps = {function() return {minimize = net(real):sum{3}:mean(), params = net, with = optim.sgd{lr = 0.1}} end}}
