# Packages: "cpack -G DEB" makes a Debian package (PackageDebian.cmake arranges the installed files as Debian wants them),
# "cpack -G TGZ" an archive. docs/install.md has the commands.
set(SEGWORK_CONTACT "The segwork authors <nobody@segwork.invalid>" CACHE STRING "Maintainer of the Debian package")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT ${SEGWORK_CONTACT})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "OpenCL research workbench for image segmentation")
set(CPACK_PACKAGE_DESCRIPTION_FILE ${CMAKE_CURRENT_LIST_DIR}/package_description.txt)
set(CPACK_STRIP_FILES ON)
# the same for every umask
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/PackageDebian.cmake)
set(CPACK_RESOURCE_FILE_LICENSE ${CMAKE_SOURCE_DIR}/LICENSE)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# A device on every machine, the type in pictures, and what https wants
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "pocl-opencl-icd | opencl-icd, fonts-dejavu-core, ca-certificates")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "python3-torch, python3-yaml, python3-pil") # for segwork_torch.py
include(CPack)
