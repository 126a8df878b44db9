# Run by cpack between installing and packing: where Debian wants a file elsewhere or in another form, for DEB alone.
if(NOT CPACK_GENERATOR STREQUAL "DEB")
  return()
endif()
set(share ${CPACK_TEMPORARY_INSTALL_DIRECTORY}${CPACK_PACKAGING_INSTALL_PREFIX}/share)
set(documents ${share}/doc/${CPACK_PACKAGE_NAME})

# Debian's zsh looks for completions of packages here
file(MAKE_DIRECTORY ${share}/zsh)
file(RENAME ${share}/zsh/site-functions ${share}/zsh/vendor-completions)

# The licence, as Debian's copyright file: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
file(READ ${CPACK_RESOURCE_FILE_LICENSE} text)
if(NOT text MATCHES "^MIT License\n\nCopyright \\(c\\) ([^\n]+)\n\n(.+)$")
  message(FATAL_ERROR "LICENSE does not begin as the MIT licence does: change PackageDebian.cmake with it")
endif()
set(holder ${CMAKE_MATCH_1})
set(terms "${CMAKE_MATCH_2}")
string(STRIP "${terms}" terms)
string(REPLACE "\n" "\n " terms "${terms}")
string(REPLACE "\n \n" "\n .\n" terms "${terms}")
file(WRITE ${documents}/copyright
  "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n"
  "Upstream-Name: ${CPACK_PACKAGE_NAME}\n\n"
  "Files: *\nCopyright: ${holder}\nLicense: Expat\n ${terms}\n\n"
  "Files: usr/share/segwork/models/*\nCopyright: ${holder}\nLicense: CC-BY-SA-4.0\n"
  "Comment: weights trained on the Oxford-IIIT Pet data set (Parkhi, Vedaldi, Zisserman, Jawahar, 2012), CC BY-SA 4.0\n\n"
  "License: CC-BY-SA-4.0\n"
  " Creative Commons Attribution-ShareAlike 4.0 International; the text is at\n"
  " https://creativecommons.org/licenses/by-sa/4.0/legalcode\n")
file(REMOVE ${documents}/LICENSE)

string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC) # SOURCE_DATE_EPOCH decides, where it is set
file(WRITE ${documents}/changelog
  "${CPACK_PACKAGE_NAME} (${CPACK_PACKAGE_VERSION}) unstable; urgency=medium\n\n"
  "  * Made from the sources by cpack; their history is in their repository.\n\n"
  " -- ${CPACK_PACKAGE_CONTACT}  ${date}\n")

file(GLOB manuals ${share}/man/man1/*.1)
execute_process(COMMAND gzip -9n ${documents}/changelog ${manuals} RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "gzip failed: ${failed}")
endif()
