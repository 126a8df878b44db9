# cmake -DDIR=<folder> -DFILES="<name> ..." -DNAMES="<C name> ..." -DOUT=<file.c> -P EmbedText.cmake
# Writes a C file with the text of each file: an array of lines ended by NULL, because one string literal may
# not exceed 4,095 bytes. '?' is escaped against trigraphs.
separate_arguments(FILES)
separate_arguments(NAMES)
set(text "")
foreach(file name IN ZIP_LISTS FILES NAMES)
  file(READ ${DIR}/${file} source)
  string(REPLACE "\\" "\\\\" source "${source}")
  string(REPLACE "\"" "\\\"" source "${source}")
  string(REPLACE "?" "\\?" source "${source}")
  string(REPLACE "\n" "\\n\",\n    \"" source "${source}")
  string(APPEND text "extern const char *const ${name}[];\nconst char *const ${name}[] = {\n    \"${source}\",\n    (const char *)0};\n")
endforeach()
file(WRITE ${OUT} "${text}")
