--> @:2: optim.adam needs lr =
local adam = optim.adam{betas = {0.5, 0.999}}
