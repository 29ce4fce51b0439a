--> @:3: option batch is a whole number, not "8.5"
--$ show _ --set batch=8.5
local batch = option("batch", 64, "images in a batch")
