
set edit:completion:arg-completer[gatewayctl] = { |@words|
    var index = (count $words)
    set index = (- $index 1)

    put (env _CLAP_IFS="\n" _CLAP_COMPLETE_INDEX=(to-string $index) GATEWAYCTL_COMPLETE="elvish" gatewayctl -- $@words) | to-lines
}

