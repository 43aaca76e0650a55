# The layers hold, or the build says where they do not.
#
#   make layers      includes and the daemon's symbols against the layers' order

CHECKS += layers

.PHONY: layers
layers: $(B)/rowand $(LIB_MEMBER)
	$(Q)sh tests/layers/layers.sh $(B)/rowand $(LIB_MEMBER)
