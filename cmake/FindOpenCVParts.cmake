# The parts of OpenCV that we use. Debian ships OpenCV's own CMake package only with libopencv-dev, which pulls in
# every module; the small per-module packages come with headers and libraries alone.
find_path(OpenCVParts_INCLUDE_DIR opencv2/core.hpp PATH_SUFFIXES opencv4)
set(OpenCVParts_LIBRARIES "")
foreach(part core imgproc photo)
    find_library(OpenCVParts_${part}_LIBRARY opencv_${part})
    list(APPEND OpenCVParts_LIBRARIES ${OpenCVParts_${part}_LIBRARY})
    mark_as_advanced(OpenCVParts_${part}_LIBRARY)
endforeach()
mark_as_advanced(OpenCVParts_INCLUDE_DIR)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OpenCVParts REQUIRED_VARS OpenCVParts_INCLUDE_DIR OpenCVParts_core_LIBRARY
    OpenCVParts_imgproc_LIBRARY OpenCVParts_photo_LIBRARY)
if(OpenCVParts_FOUND AND NOT TARGET OpenCVParts::OpenCVParts)
    add_library(OpenCVParts::OpenCVParts INTERFACE IMPORTED)
    target_include_directories(OpenCVParts::OpenCVParts SYSTEM INTERFACE ${OpenCVParts_INCLUDE_DIR})
    target_link_libraries(OpenCVParts::OpenCVParts INTERFACE ${OpenCVParts_LIBRARIES})
endif()
