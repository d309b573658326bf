# bash completion for imagor-studio-migrate:  source <(imagor-studio-migrate completion bash)
_imagor_studio_migrate() {
    local offer
    COMPREPLY=()
    while IFS= read -r offer; do
        case $offer in
            :files) compopt -o default ;;
            :folders) compopt -o dirnames -o nospace ;;
            *) COMPREPLY+=("${offer%%$'\t'*}") ;;
        esac
    done < <("${1/#\~/$HOME}" --complete bash "$1" "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
}
complete -F _imagor_studio_migrate imagor-studio-migrate
