"""Answers a Kconfig as kconfiglib does: kconfig.py KCONFIG FOLDER NAME=VALUE... writes .config and sdkconfig.h."""

import sys

sys.path = [path for path in sys.path if "site-packages" not in path]
import kconfiglib

file, folder, *answers = sys.argv[1:]
kconfig = kconfiglib.Kconfig(file, warn_to_stderr=False)
for answer in answers:
    name, value = answer.split("=")
    if not kconfig.syms[name].set_value(value) or kconfig.syms[name].str_value != value:
        sys.exit(f"{name} does not take {value}")
kconfig.write_config(f"{folder}/.config")
kconfig.write_autoconf(f"{folder}/sdkconfig.h")
sys.exit("\n".join(kconfig.warnings) or 0)
