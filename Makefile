# make          builds out/burin          make run     trains the DCGAN on MNIST for three epochs
# make check    builds and runs the tests make bench   times it all, into tests/bench/RESULTS.md
# make data     finds or downloads MNIST  make clean   removes what was built (runs and data stay)
# make install  puts it into PREFIX (/usr/local); DESTDIR, too, is heeded; make uninstall takes it away
# make bench-peers  installs what it is compared with under out/; V=1 shows the compiler's commands
# make bench-gpu    runs the tests on this machine's card and times it, into tests/bench/RESULTS-GPU.md
#
# All that is built goes to out/. Packages that are missing are installed by runtime/get-deps.sh, which also writes
# out/deps.mk: the flags for Lua, libpng, libjpeg, zlib and libdeflate on this machine.

CFLAGS  ?= -O2 -g
ALL     := -std=c11 -D_GNU_SOURCE $(CFLAGS) -Wall -Wextra $(if $(CI),-Werror)
EPOCHS  ?= 3
PREFIX  ?= /usr/local
quiet   := $(if $(V),,@)
say     := @$(if $(V),:,echo)

gen     := $(patsubst %.c,out/obj/%.o,$(wildcard gen/*.c))
runtime := $(filter-out out/obj/runtime/main.o,$(patsubst %.c,out/obj/%.o,$(wildcard runtime/*.c))) out/obj/page_text.o
units   := $(patsubst tests/unit/%.c,out/tests/%,$(wildcard tests/unit/*.c))

.PHONY: all run check data bench bench-gpu bench-peers install uninstall clean help
all: out/burin out/libburin.a

ifneq ($(filter-out clean help data uninstall,$(or $(MAKECMDGOALS),all)),)
include out/deps.mk
endif

out/deps.mk: runtime/get-deps.sh
	@CC="$(CC)" bash runtime/get-deps.sh $@

# What the objects were compiled with: when that changes, all are compiled again.
out/obj/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(ALL) $(DEPS_CFLAGS)' | cmp -s - $@ || echo '$(CC) $(ALL) $(DEPS_CFLAGS)' > $@
FORCE:

out/obj/%.o: %.c out/obj/flags
	@mkdir -p $(@D)
	$(say) '  cc    $<'
	$(quiet)$(CC) $(ALL) $(DEPS_CFLAGS) -MMD -MP -c $< -o $@

# The parts of report.html as C strings.
out/obj/page_text.c: runtime/page.html runtime/page.css runtime/page.js
	@mkdir -p $(@D)
	@for f in $^; do printf 'extern const char page_%s[];\nconst char page_%s[] =\n' $${f##*.} $${f##*.}; \
	    sed 's/[\\"]/\\&/g; s/.*/"&\\n"/' $$f; echo ';'; done >$@

out/obj/page_text.o: out/obj/page_text.c out/obj/flags
	$(quiet)$(CC) $(ALL) -c $< -o $@

out/burin: $(gen) $(runtime) out/obj/runtime/main.o
	$(say) '  link  $@'
	$(quiet)$(CC) $(LDFLAGS) $^ -o $@ $(DEPS_LIBS) -ldl -lm -pthread

out/libburin.a: $(runtime)
	@rm -f $@
	$(say) '  ar    $@'
	$(quiet)ar rcs $@ $^

out/tests/%: out/obj/tests/unit/%.o $(gen) $(runtime)
	@mkdir -p $(@D)
	$(say) '  link  $@'
	$(quiet)$(CC) $(LDFLAGS) $^ -o $@ $(DEPS_LIBS) -ldl -lm -pthread

# The simulated card of the tests: stand-ins for NVIDIA's driver and NVRTC, for x86-64.
sim     := $(if $(filter x86_64,$(shell uname -m)),out/cudasim/libcuda.so.1 out/cudasim/libcudart.so.13 out/cudasim/src/libnvrtc.so.13)

out/cudasim/libcuda.so.1: $(addprefix tests/cudasim/,driver.c machine.c blocks.c sanitize.c ptx.c command.c)
out/cudasim/libcudart.so.13: tests/cudasim/cudart.c
out/cudasim/src/libnvrtc.so.13: $(addprefix tests/cudasim/,nvrtc.c command.c)
$(or $(sim),out/cudasim/none): $(wildcard tests/cudasim/*.h runtime/cuda_driver.h runtime/nvrtc.h)
	@mkdir -p $(@D)
	$(say) '  link  $@'
	$(quiet)$(CC) $(ALL) -O2 -DSIM_FOLDER='"$(CURDIR)/tests/cudasim"' -fPIC -shared -Wl,-soname,$(@F),--default-symver $(filter %.c,$^) -o $@ -ldl -lm

.SECONDARY:

run: out/burin data
	out/burin train models/dcgan_mnist.lua --epochs $(EPOCHS)

check: out/burin out/libburin.a $(units) $(sim)
	bash tests/run

data:
	@bash runtime/get-data.sh

bench: out/burin data
	bash tests/bench/run.sh

bench-gpu: out/burin
	@bash tests/bench/gpu.sh

# The peers of the benchmark, from PyPI, in a virtual environment of their own. Nothing else needs them.
bench-peers: out/peers/ready
out/peers/ready:
	python3 -m venv out/peers
	out/peers/bin/pip install --quiet torch numpy onnx onnxruntime jax tensorflow-cpu tinygrad tensorboard nvidia-cuda-nvdisasm
	touch $@

# Where things go is below PREFIX and can be moved as a whole: burin finds share/burin from bin, pkg-config lib from its own file.
to      := $(DESTDIR)$(PREFIX)
version := $(shell sed -n 's/.*BURIN_VERSION "\(.*\)"/\1/p' runtime/program.h)
shells  := share/bash-completion/completions/burin share/zsh/site-functions/_burin share/fish/vendor_completions.d/burin.fish

install: out/burin out/libburin.a
	install -d $(foreach d,bin lib/pkgconfig include/burin share/man/man1 $(dir $(shells)),"$(to)/$d")
	install -m 755 out/burin "$(to)/bin/burin"
	install -m 644 out/libburin.a "$(to)/lib/libburin.a"
	install -m 644 runtime/burin.h runtime/program.h "$(to)/include/burin"
	rm -rf "$(to)/share/burin"
	install -d "$(to)/share/burin"
	cp -R models templates docs README.md LICENSE "$(to)/share/burin"
	install -d "$(to)/share/burin/runtime/single"
	install -m 644 runtime/*.[ch] "$(to)/share/burin/runtime"
	install -m 644 runtime/single/*.c "$(to)/share/burin/runtime/single"
	chmod -R u=rwX,go=rX "$(to)/share/burin"
	out/burin manual >"$(to)/share/man/man1/burin.1"
	out/burin completion bash >"$(to)/$(word 1,$(shells))"
	out/burin completion zsh >"$(to)/$(word 2,$(shells))"
	out/burin completion fish >"$(to)/$(word 3,$(shells))"
	printf '%s\n' 'prefix=$${pcfiledir}/../..' 'Name: burin' 'Description: the runtime of programs that burin emit writes' 'Version: $(version)' \
	    'Cflags: -I$${prefix}/include/burin' 'Libs: -L$${prefix}/lib -lburin $(filter-out -llua%,$(DEPS_LIBS)) -ldl -lm -pthread' >"$(to)/lib/pkgconfig/burin.pc"

uninstall:
	rm -rf "$(to)/share/burin" "$(to)/include/burin"
	rm -f $(foreach f,bin/burin lib/libburin.a lib/pkgconfig/burin.pc share/man/man1/burin.1 $(shells),"$(to)/$f")

clean:
	rm -rf out/obj out/tests out/cudasim out/cache out/burin out/libburin.a out/deps.mk

help:
	@sed -n '1,/^$$/s/^# \{0,1\}//p' Makefile

-include $(shell find out/obj -name '*.d' 2>/dev/null)
