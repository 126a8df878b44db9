# cmake -DDIR=<folder> -DFILES="a.clh b.cl" -DOUT=<file.c> -P EmbedKernels.cmake
# Writes a C file with the text of the kernel files: an array of lines each, as clCreateProgramWithSource takes
# them, because one string literal may not exceed 4,095 bytes. '?' is escaped against trigraphs.
separate_arguments(FILES)
set(table "")
set(text "#include \"kernel_source.h\"\n")
foreach(file IN LISTS FILES)
  file(READ ${DIR}/${file} source)
  string(REPLACE "\\" "\\\\" source "${source}")
  string(REPLACE "\"" "\\\"" source "${source}")
  string(REPLACE "?" "\\?" source "${source}")
  string(REPLACE "\n" "\\n\",\n    \"" source "${source}")
  string(MAKE_C_IDENTIFIER ${file} id)
  string(APPEND text "\nstatic const char *const ${id}_lines[] = {\n"
                     "    \"#line 1 \\\"cl_kernels/${file}\\\"\\n\",\n    \"${source}\\n\"};\n")
  string(APPEND table "    {\"${file}\", sizeof ${id}_lines / sizeof ${id}_lines[0], ${id}_lines},\n")
endforeach()
file(WRITE ${OUT} "${text}\nconst sw_kernel_source sw_kernel_sources[] = {\n${table}    {0}};\n")
