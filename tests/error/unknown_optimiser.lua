--> @:2: optim has no "adan"; did you mean "adam"?
local adam = optim.adan{lr = 1e-3}
