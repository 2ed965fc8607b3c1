# What is installed where, and the two Debian packages (`cpack`): tidewaiter (command line and cage) and tidewaiterd.
# deploy/debian/README.md
include(GNUInstallDirs)
set(here ${CMAKE_CURRENT_LIST_DIR}/../deploy)

install(TARGETS tidewaiter DESTINATION bin COMPONENT tidewaiter)
install(TARGETS tidewaiter-layer DESTINATION libexec/tidewaiter COMPONENT tidewaiter)
install(TARGETS tidewaiterd tidewaiter-certificate DESTINATION bin COMPONENT tidewaiterd)
install(FILES ${here}/systemd/tidewaiterd.service ${here}/systemd/tidewaiterd.socket
        DESTINATION /lib/systemd/system COMPONENT tidewaiterd)
install(FILES ${here}/systemd/tidewaiter.sysusers DESTINATION lib/sysusers.d RENAME tidewaiter.conf
        COMPONENT tidewaiterd)
install(FILES ${here}/debian/tidewaiterd.yaml DESTINATION /etc/tidewaiter COMPONENT tidewaiterd)
install(FILES ${here}/prometheus/alerts.yml DESTINATION share/doc/tidewaiterd/examples COMPONENT tidewaiterd)
install(FILES ${here}/grafana/dashboards/tidewaiter.json DESTINATION share/doc/tidewaiterd/examples
        COMPONENT tidewaiterd)

# zipped SOURCE NAME DESTINATION COMPONENT: without name and time in it, so that two builds make the same bytes
function(zipped source name destination component)
  set(target ${CMAKE_BINARY_DIR}/zipped/${component}/${name}.gz)
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/zipped/${component})
  execute_process(COMMAND gzip -9nc ${source} OUTPUT_FILE ${target} COMMAND_ERROR_IS_FATAL ANY)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
  install(FILES ${target} DESTINATION ${destination} COMPONENT ${component})
endfunction()

# A page, or a completion, is of the program whose name it has.
file(GLOB pages CONFIGURE_DEPENDS ${here}/man/*.[158] ${here}/../docs/man/*.[158])
foreach(page ${pages})
  get_filename_component(name ${page} NAME)
  string(REGEX MATCH "[0-9]$" section ${name})
  set(component tidewaiterd)
  if(name MATCHES "^tidewaiter([.]|-layer[.])")
    set(component tidewaiter)
  endif()
  zipped(${page} ${name} share/man/man${section} ${component})
endforeach()

# Made by the program itself, so that it knows every option of this build.
if(EXISTS ${CMAKE_CURRENT_LIST_DIR}/../daemon/cli/completion.c)
  set(completion ${CMAKE_BINARY_DIR}/completion/tidewaiter)
  add_custom_command(OUTPUT ${completion} DEPENDS tidewaiter
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/completion
    COMMAND tidewaiter completion bash > ${completion})
  add_custom_target(completion ALL DEPENDS ${completion})
  install(FILES ${completion} DESTINATION share/bash-completion/completions COMPONENT tidewaiter)
endif()

foreach(package tidewaiter tidewaiterd)
  zipped(${here}/debian/changelog changelog.Debian share/doc/${package} ${package})
  install(FILES ${here}/debian/copyright DESTINATION share/doc/${package} COMPONENT ${package})
endforeach()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME tidewaiter)
set(CPACK_PACKAGE_CONTACT "Tidewaiter authors <tidewaiter@localhost>")
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/packages)
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
    WORLD_READ WORLD_EXECUTE)
set(CPACK_COMPONENTS_ALL tidewaiter tidewaiterd)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_TIDEWAITER_PACKAGE_NAME tidewaiter)
set(CPACK_DEBIAN_TIDEWAITERD_PACKAGE_NAME tidewaiterd)
set(CPACK_DEBIAN_TIDEWAITER_DESCRIPTION "how the Go programs in container images will really run
Reads an image's layers and environment without unpacking them, and says
of each Go program which release it is of, which GODEBUG settings will be
in force, and what will stop it at its start.")
set(CPACK_DEBIAN_TIDEWAITERD_DESCRIPTION "daemon that looks at the Go programs of every image that is pushed
Takes push notices of registries, scans what was pushed, keeps what was
found, and answers over HTTP: dashboards, Prometheus, and the Kubernetes
API server, which it tells whether a Pod may run.")
set(CPACK_DEBIAN_TIDEWAITER_PACKAGE_RECOMMENDS ca-certificates)
set(CPACK_DEBIAN_TIDEWAITERD_PACKAGE_RECOMMENDS ca-certificates)
set(CPACK_DEBIAN_TIDEWAITERD_PACKAGE_DEPENDS
    "tidewaiter (= ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}), init-system-helpers (>= 1.54~), systemd | systemd-standalone-sysusers | systemd-sysusers")
set(CPACK_DEBIAN_TIDEWAITERD_PACKAGE_CONTROL_EXTRA
    "${here}/debian/postinst;${here}/debian/prerm;${here}/debian/postrm;${CMAKE_BINARY_DIR}/conffiles")
set(CPACK_DEBIAN_TIDEWAITERD_PACKAGE_CONTROL_STRICT_PERMISSION ON)
file(WRITE ${CMAKE_BINARY_DIR}/conffiles "/etc/tidewaiter/tidewaiterd.yaml\n")
include(CPack)
