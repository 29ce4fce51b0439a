--> @:2: tensors exist only inside the functions given as steps or samples; move this there
local z = random.normal{64, 100}
