#compdef imagor-studio-migrate
# zsh completion for imagor-studio-migrate, after compinit:  source <(imagor-studio-migrate completion zsh)
_imagor_studio_migrate() {
    local offer
    local -a offers shown
    for offer in "${(@f)$("${words[1]/#\~/$HOME}" --complete zsh "${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
        case $offer in
            '') ;;
            :files) compset -P '*='; _files; return ;;
            :folders) compset -P '*='; _files -/; return ;;
            *) offers+=("${offer%%$'\t'*}"); shown+=("${offer/$'\t'/  }") ;;
        esac
    done
    compadd -V offers -l -d shown -a offers
}
if [[ $funcstack[1] == _imagor-studio-migrate ]]; then
    _imagor_studio_migrate "$@"
else
    compdef _imagor_studio_migrate imagor-studio-migrate
fi
