--> @:2: there is no "optm"; did you mean "optim"?
local adam = optm.adam{lr = 1e-3}
