# leann.mk: indexes as targets of make. To be included:
#
#	include /usr/local/share/leann/leann.mk
#	DOCS := $(shell find docs)
#	docs.leann: $(DOCS)
#
# An index that is missing is created, one that is older than something it is made from is updated;
# when that is done it is as new as the beginning of it, so that a file that changed meanwhile counts at
# the next make. What fails leaves the index as it was, and make with a status that is not 0.
#
# The folders among the prerequisites are indexed, those in others of them not again; name folders as
# well as files, as above, so that a removed file is noticed: its folder is newer. Or say what:
#
#	notes.leann: LEANN_INPUT := notes mail.txt
#
# LEANN is the program, LEANN_CREATE and LEANN_UPDATE hold options of leann index create and update.

LEANN ?= leann
LEANN_CREATE ?=
LEANN_UPDATE ?= --quiet

# LIST of names: those that are folders; those of them that are in no other.
leann_folders = $(patsubst %/.,%,$(wildcard $(addsuffix /.,$(patsubst %/,%,$1))))
leann_topmost = $(foreach d,$1,$(if $(filter $(addsuffix /%,$1),$d),,$d))
leann_input = $(or $(LEANN_INPUT),$(call leann_topmost,$(call leann_folders,$^)))

.PRECIOUS: %.leann
%.leann:
	@[ -n '$(strip $(leann_input))' ] || { \
		echo '$@: want a folder among its prerequisites, or LEANN_INPUT' >&2; exit 2; }
	@stamp=$$(mktemp) || exit; r=0; \
	if [ -e '$@' ]; then \
		$(LEANN) index update --index '$@' $(LEANN_UPDATE) || r=$$?; \
	else \
		$(LEANN) index create --output '$@' $(patsubst %,--input '%',$(leann_input)) \
			$(LEANN_CREATE) || r=$$?; \
	fi; \
	[ "$$r" != 0 ] || touch -c -r "$$stamp" '$@' || r=2; \
	rm -f "$$stamp"; exit "$$r"
