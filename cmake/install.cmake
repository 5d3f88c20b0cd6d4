# What `cmake --install` puts where: the program, the libraries as Troupe::troupe,
# the headers, and the CMake files by which another project finds them.
include(CMakePackageConfigHelpers)

add_library(troupe_all INTERFACE)
set_target_properties(troupe_all PROPERTIES EXPORT_NAME troupe)
target_link_libraries(troupe_all INTERFACE troupe_library)

set(troupe_cmake_dir "${CMAKE_INSTALL_LIBDIR}/cmake/Troupe")
install(TARGETS troupe RUNTIME)
install(TARGETS troupe_all ${troupe_libraries} EXPORT TroupeTargets ARCHIVE)
install(EXPORT TroupeTargets NAMESPACE Troupe:: DESTINATION "${troupe_cmake_dir}")
foreach(folder base config messages datasets models algorithms topologies actors runtime apps/library)
  install(DIRECTORY ${folder}/ DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/troupe/${folder}"
    FILES_MATCHING PATTERN "*.hpp")
endforeach()

configure_package_config_file(cmake/TroupeConfig.cmake.in "${CMAKE_BINARY_DIR}/TroupeConfig.cmake"
  INSTALL_DESTINATION "${troupe_cmake_dir}")
write_basic_package_version_file("${CMAKE_BINARY_DIR}/TroupeConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_BINARY_DIR}/TroupeConfig.cmake" "${CMAKE_BINARY_DIR}/TroupeConfigVersion.cmake"
  cmake/FindCAF.cmake DESTINATION "${troupe_cmake_dir}")
