--> @:3: batch must be even
local batch = option("batch", 3, "images in a batch")
assert(batch % 2 == 0, "batch must be even")
