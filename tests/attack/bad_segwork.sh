#!/bin/bash
# A program that behaves as segwork must not, in one way a command. Where tools/attack makes its undisturbed results, it
# is segwork itself ($REAL_SEGWORK).
[[ $PWD == */case ]] || exec "$REAL_SEGWORK" "$@"
case $1 in
export) # writes in place, in two parts
    whole=new/whole.$$.${4##*.}
    "$REAL_SEGWORK" "${@:1:3}" "$whole" || exit
    head -c 2000 "$whole" >"$4"
    sleep 0.1
    tail -c +2001 "$whole" >>"$4"
    rm "$whole" ;;
plot) sleep 100 ;;
report) kill -SEGV $$ ;;
render) exit 1 ;;
compare)
    rm -f run/metrics.csv
    exec "$REAL_SEGWORK" "$@" ;;
run)
    "$REAL_SEGWORK" "$@" || exit
    [[ $2 != --resume ]] || printf x >>"$3/checkpoints/last.safetensors" ;;
check | man | completion | --help | describe) "$REAL_SEGWORK" "$@" | head -n 3 ;;
*) exec "$REAL_SEGWORK" "$@" ;;
esac
exit 0
