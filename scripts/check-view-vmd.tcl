# Runs a view.vmd under plain Tcl with VMD's commands replaced by ones that keep books:
#     tclsh scripts/check-view-vmd.tcl RUN/view.vmd
# Fails on a syntax error, an unknown command or option, a frame that is not there, a selection that
# is not deleted, or a file that the run directory lacks. Prints what was loaded. Trajectories have as
# many frames as their files (XTC, DCD, PDB).

array set frames {}
array set representations {}
set molecules 0
set current -1
set selections 0
set moved 0
set loaded 0
set fixed {}

proc fail {message} {
    puts stderr "view.vmd: $message"
    exit 1
}
proc expect {condition message} {
    if {![uplevel 1 [list expr $condition]]} { fail $message }
}
proc check_molecule {molecule} {
    expect {[info exists ::frames($molecule)]} "no molecule $molecule"
}
proc check_frame {molecule frame} {
    check_molecule $molecule
    expect {[string is integer -strict $frame]} "'$frame' is not a frame"
    expect {$frame >= 0 && $frame < $::frames($molecule)} "molecule $molecule has no frame $frame"
}

# Frames of a trajectory file.
proc frames_of {file} {
    set channel [open $file rb]
    set bytes [read $channel]
    close $channel
    switch -- [string tolower [file extension $file]] {
        .pdb { return [regexp -all -line {^MODEL } $bytes] }
        .dcd {
            binary scan $bytes @8i count
            return $count
        }
        .xtc {
            set count 0
            for {set at 0} {$at < [string length $bytes]} {incr count} {
                # Magic number, atoms, step, time, box; then the number of atoms again, and plain numbers for few atoms.
                binary scan $bytes @${at}II magic atoms
                if {$magic ni {1995 2023}} { fail "$file: frame $count is no XTC frame" }
                incr at 56
                if {$atoms <= 9} {
                    incr at [expr {12 * $atoms}]
                } else {
                    # Precision, least and largest numbers, index; then the packed bytes, their length before them.
                    incr at 32
                    if {$magic == 1995} { binary scan $bytes @${at}I packed } else { binary scan $bytes @${at}W packed }
                    incr at [expr {($magic == 1995 ? 4 : 8) + ($packed + 3) / 4 * 4}]
                }
            }
            return $count
        }
        default { fail "$file: frames of such a file cannot be counted here" }
    }
}

proc mol {command args} {
    switch -- $command {
        new {
            expect {[file exists [lindex $args 0]]} "no file [lindex $args 0]"
            set ::current $::molecules
            incr ::molecules
            set ::frames($::current) 1
            set ::representations($::current) 1
            return $::current
        }
        addfile {
            expect {[file exists [lindex $args 0]]} "no file [lindex $args 0]"
            array set option [lrange $args 1 end]
            expect {[info exists option(waitfor)] && $option(waitfor) eq "all"} "a file must be loaded whole"
            check_molecule $option(molid)
            set frames [frames_of [lindex $args 0]]
            incr ::frames($option(molid)) $frames
            incr ::loaded $frames
        }
        rename { check_molecule [lindex $args 0] }
        delrep {
            check_molecule [lindex $args 1]
            incr ::representations([lindex $args 1]) -1
        }
        addrep {
            check_molecule [lindex $args 0]
            incr ::representations([lindex $args 0])
        }
        drawframes {
            lassign $args molecule representation frame
            check_frame $molecule $frame
            expect {$representation < $::representations($molecule)} "no representation $representation"
            lappend ::fixed $frame
        }
        representation - color - selection - material {
            expect {[llength $args] > 0} "mol $command needs a value"
        }
        default { fail "unknown command: mol $command" }
    }
}
proc molinfo {molecule get what} {
    check_molecule $molecule
    expect {$get eq "get" && $what eq "numframes"} "unknown query: molinfo $get $what"
    return $::frames($molecule)
}
proc animate {command args} {
    switch -- $command {
        delete {
            check_molecule [lindex $args end]
            set ::frames([lindex $args end]) 0
        }
        goto { check_frame $::current [lindex $args 0] }
        style { expect {[lindex $args 0] in {Once Loop Rock}} "unknown style [lindex $args 0]" }
        default { fail "unknown command: animate $command" }
    }
}
proc atomselect {molecule selection args} {
    check_molecule $molecule
    if {[llength $args]} { check_frame $molecule [lindex $args 1] }
    set name "atomselect$::selections[clock clicks]"
    incr ::selections
    interp alias {} $name {} selection $name $molecule
    return $name
}
proc selection {name molecule command args} {
    switch -- $command {
        frame { check_frame $molecule [lindex $args 0] }
        move { incr ::moved }
        setbonds {
            foreach partners [lindex $args 0] {
                foreach partner $partners {
                    expect {[string is integer -strict $partner] && $partner >= 0 && $partner < [llength [lindex $args 0]]} \
                        "a bond to atom $partner"
                }
            }
        }
        delete {
            incr ::selections -1
            interp alias {} $name {}
        }
        default { fail "unknown command of a selection: $command" }
    }
}
proc measure {command args} {
    expect {$command eq "fit" && [llength $args] == 2} "unknown command: measure $command $args"
    return identity
}
foreach command {display axes color} {
    proc $command {args} { expect {[llength $args] >= 1} "a display command without arguments" }
}

if {$argc != 1} {
    puts stderr "usage: tclsh check-view-vmd.tcl RUN/view.vmd"
    exit 2
}
if {[catch {source [lindex $argv 0]} message]} { fail $message }
expect {$molecules > 0} "loads nothing"
expect {$selections == 0} "$selections selections are not deleted"
expect {$moved == $loaded} "not every frame is superposed"
expect {[llength $fixed] == 6 * $molecules} "start, highest point and end are not all marked"
puts "$molecules paths, frames $loaded, fixed [lsort -integer -unique $fixed]"
