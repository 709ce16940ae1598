# Everything that has a published tag is signed by its digest; what has none is skipped, and nothing fails for it.
BINARIES := oci nosuch index
.PHONY: sign
sign:
	@for name in $(BINARIES); do \
	  ref="$(SOURCE)/shapes/$$name:v1"; \
	  digest=$$(crane digest "$$ref" 2>/dev/null) || { echo "skip $$name (no published tag yet)"; continue; }; \
	  echo "sign shapes/$$name@$$digest"; \
	done
	@crane digest --full-ref $(SOURCE)/shapes/oci:v1 | sed 's|.*/shapes|shapes|'
	crane digest $(SOURCE)/shapes/nosuch:v1
