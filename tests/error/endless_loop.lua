--> @:2: the spec ran for 500 million instructions without an end; is there an endless loop?
while true do end
