# shellcheck shell=bash
# bash completion for segwork; 'segwork completion bash' prints it. It holds no lists: it asks the program on the
# line, which answers from the tables of its commands (tools/complete.h describes how).

# bash splits words at '=' and ':'; this joins those up to the cursor again.
_segwork_words() {
    local rest=${COMP_LINE:0:COMP_POINT} i word glue before=''
    words=()
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        glue=
        [[ $i -gt 0 && $rest != [[:space:]]* && ($word == [=:]* || $before == *[=:]) ]] && glue=yes
        rest=${rest#"${rest%%[![:space:]]*}"}
        [[ $i -eq $COMP_CWORD && -n $rest ]] && word=$rest
        rest=${rest#"$word"}
        before=$word
        if [[ $glue ]]; then
            words[${#words[@]} - 1]+=$word
        else
            words+=("$word")
        fi
    done
}

# Files and folders after a prefix of the word; with endings only those files.
_segwork_paths() { # KIND PREFIX ENDINGS
    local typed=${current#"$2"} path ending
    compopt -o filenames 2>/dev/null
    while IFS= read -r path; do
        [[ -d $path ]] && COMPREPLY+=("$2$path") && continue
        [[ $1 == :files ]] || continue
        [[ -z $3 ]] && COMPREPLY+=("$2$path")
        for ending in $3; do
            [[ ${path,,} == *."$ending" ]] && COMPREPLY+=("$2$path")
        done
    done < <(compgen -f -- "$typed")
    return 0
}

_segwork() {
    local words current program line word rest i breaks=''
    _segwork_words
    current=${words[${#words[@]} - 1]}
    program=${words[0]/#\~\//$HOME/}
    COMPREPLY=()
    while IFS= read -r line; do
        word=${line%%$'\t'*}
        rest=${line#*$'\t'}
        case $word in
        :paths) compopt -o filenames 2>/dev/null ;;
        :files | :folders) _segwork_paths "$word" "${rest%%$'\t'*}" "${rest#*$'\t'}" ;;
        :*) ;;
        *)
            COMPREPLY+=("$word")
            [[ $word == *= ]] && compopt -o nospace 2>/dev/null
            ;;
        esac
    done < <("$program" __complete "${words[@]:1}" 2>/dev/null)
    # bash replaces only what follows the last character it splits at
    [[ $COMP_WORDBREAKS == *=* ]] && breaks+='='
    [[ $COMP_WORDBREAKS == *:* ]] && breaks+=':'
    if [[ $breaks && $current == *[$breaks]* ]]; then
        word=${current%"${current##*["$breaks"]}"}
        for ((i = 0; i < ${#COMPREPLY[@]}; i++)); do COMPREPLY[i]=${COMPREPLY[i]#"$word"}; done
    fi
}

complete -F _segwork segwork
