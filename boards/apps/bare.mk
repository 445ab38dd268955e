# Without the socket layer: no component, engine or module; only a driver and boards/os.
APP_BARE := 1
