#compdef segwork
# zsh completion for segwork; 'segwork completion zsh' prints it. It asks the program on the line for
# candidates (tools/complete.h describes the answer).

_segwork() {
    local line word rest prefix endings hint
    local -a given offered open paths answer
    given=("${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}")
    answer=("${(@f)$(${(e)~words[1]} __complete "${given[@]}" 2>/dev/null)}")
    local as_paths=${answer[(I):paths]}
    for line in "${answer[@]}"; do
        word=${line%%$'\t'*}
        rest=${line#*$'\t'}
        case $word in
        '' | :paths) ;;
        :hint) hint=$rest ;;
        :files | :folders)
            prefix=${rest%%$'\t'*}
            endings=${${rest#"$prefix"}#$'\t'}
            compset -P "${(b)prefix}"
            if [[ $word == :folders ]]; then
                _files -/
            elif [[ -n $endings ]]; then
                _files -g "*.(#i)(${endings// /|})(-.)"
            else
                _files
            fi
            ;;
        *=) open+=("${word//:/\\:}:$rest") ;;
        *)
            if ((as_paths)); then
                paths+=("$word")
            else
                offered+=("${word//:/\\:}:$rest")
            fi
            ;;
        esac
    done
    ((${#offered})) && _describe -V segwork offered
    ((${#open})) && _describe -V key open -S ''
    ((${#paths})) && compadd -f -- "${paths[@]}"
    [[ -n $hint ]] && _message -r "$hint"
    return 0
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _segwork "$@"
else
    compdef _segwork segwork
fi
