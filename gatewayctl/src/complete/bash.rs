//! Bash: it parts words at `=` and `:`, too. Its script puts them together again before it asks, and takes away from the
//! answers what stands in front of the part that bash is about.

/// The script.
pub(super) fn script() -> String {
    SCRIPT.to_owned()
}

const SCRIPT: &str = r#"
_clap_complete_gatewayctl() {
    local IFS=$'\013'
    local _CLAP_COMPLETE_COMP_TYPE=${COMP_TYPE}
    if compopt +o nospace 2> /dev/null; then
        local _CLAP_COMPLETE_SPACE=false
    else
        local _CLAP_COMPLETE_SPACE=true
    fi
    # Bash parts words at = and : as well. What has no blank in front of it belongs to the word before.
    local words=("${COMP_WORDS[0]}") line="${COMP_LINE:-${COMP_WORDS[*]}}"
    local rest="${line#*"${COMP_WORDS[0]}"}"
    local word gap front="" typed="" last i
    for ((i = 1; i <= COMP_CWORD; i++)); do
        word="${COMP_WORDS[i]}"
        gap="${rest%%[![:space:]]*}"
        rest="${rest#"$gap"}"
        rest="${rest#"$word"}"
        last=$((${#words[@]} - 1))
        front=""
        if [[ -z "$gap" && $i -gt 1 ]]; then
            front="${words[last]}"
        else
            last=$((last + 1))
        fi
        if [[ $i -lt $COMP_CWORD ]]; then
            words[last]="$front$word"
        elif [[ -z "$2" && "$word" =~ ^[=:]+$ ]]; then
            typed="$front$word"
            words[last]="$typed"
        elif [[ "${BASH_VERSINFO[0]}" -lt 4 ]]; then
            typed="$front${word%"$2"}"
            words[last]="$front$word"
        else
            typed="$front"
            words[last]="$front$2"
        fi
    done
    COMPREPLY=( $( \
        _CLAP_IFS="$IFS" \
        _CLAP_COMPLETE_INDEX="$((${#words[@]} - 1))" \
        _CLAP_COMPLETE_COMP_TYPE="$_CLAP_COMPLETE_COMP_TYPE" \
        _CLAP_COMPLETE_SPACE="$_CLAP_COMPLETE_SPACE" \
        GATEWAYCTL_COMPLETE="bash" \
        "gatewayctl" -- "${words[@]}" \
    ) )
    if [[ $? != 0 ]]; then
        unset COMPREPLY
        return
    fi
    if [[ -n "$typed" && ${#COMPREPLY[@]} -gt 0 ]]; then
        COMPREPLY=( "${COMPREPLY[@]#"$typed"}" )
    fi
    if [[ $_CLAP_COMPLETE_SPACE == false ]] && [[ "${COMPREPLY-}" =~ [=/:]$ ]]; then
        compopt -o nospace
    fi
}
if [[ "${BASH_VERSINFO[0]}" -eq 4 && "${BASH_VERSINFO[1]}" -ge 4 || "${BASH_VERSINFO[0]}" -gt 4 ]]; then
    complete -o nospace -o bashdefault -o nosort -F _clap_complete_gatewayctl gatewayctl
else
    complete -o nospace -o bashdefault -F _clap_complete_gatewayctl gatewayctl
fi
"#;
