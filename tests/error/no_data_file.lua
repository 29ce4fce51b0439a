--> @:2: cannot read nowhere/images-idx3-ubyte: No such file or directory
local real = data.idx{images = "nowhere/images-idx3-ubyte", batch = 8}
