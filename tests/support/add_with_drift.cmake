# add_with_drift(NAME TARGET): TARGET's program once more, with the drift engine (drift_engine.h) among its engines.
# What TARGET links has to be found where this is called.
function(add_with_drift name target)
    get_target_property(folder ${target} SOURCE_DIR)
    get_target_property(sources ${target} SOURCES)
    list(TRANSFORM sources PREPEND ${folder}/)
    add_executable(${name} ${sources} ${CMAKE_SOURCE_DIR}/tests/support/drift_engine.cpp
        ${CMAKE_SOURCE_DIR}/tests/support/drift_registry.cpp)
    target_link_libraries(${name} PRIVATE $<TARGET_PROPERTY:${target},LINK_LIBRARIES>)
    target_include_directories(${name} SYSTEM PRIVATE $<TARGET_PROPERTY:${target},INCLUDE_DIRECTORIES>)
    target_compile_definitions(${name} PRIVATE $<TARGET_PROPERTY:${target},COMPILE_DEFINITIONS>)
endfunction()
