complete --keep-order --exclusive --command gatewayctl --arguments "(GATEWAYCTL_COMPLETE=fish gatewayctl -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
