# The main job, shown with the real programs, as a story.
#   make demo              in a folder of its own; leaves nothing behind
#   make demo KEEP=1       leaves the clinic running and says how to play with it

.PHONY: demo
demo: $(B)/rowan $(B)/rowand $(B)/companion
	$(Q)python3 tests/demo/story.py $(B) $(if $(KEEP),keep)

CHECKS += demo
