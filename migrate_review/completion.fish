# fish completion for imagor-studio-migrate:  imagor-studio-migrate completion fish | source
function __imagor_studio_migrate
    set -l typed (commandline -opc)
    set -l begun (commandline -ct)
    set -l value (string replace -r '^--[a-z-]+=' '' -- $begun)
    set -l option (string match -r '^--[a-z-]+=' -- $begun)
    set -l program (string replace -r '^~' $HOME -- $typed[1])
    for offer in ($program --complete fish $typed[2..] "$begun" 2>/dev/null)
        switch $offer
            case :files
                printf "$option%s\n" (__fish_complete_path "$value")
            case :folders
                printf "$option%s\n" (__fish_complete_directories "$value" '')
            case '*'
                echo $offer
        end
    end
end
complete -c imagor-studio-migrate -f -k -a '(__imagor_studio_migrate)'
