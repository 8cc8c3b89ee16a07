# Runs a view.vmd under plain Tcl with VMD's commands replaced by ones that keep books:
#     tclsh scripts/check-view-vmd.tcl RUN/view.vmd
# Fails on a syntax error, an unknown command or option, a frame that is not there, a selection that
# is not deleted, or a file that the run directory lacks. Prints what was loaded.

set frames_in_trajectory 10
array set frames {}
array set representations {}
set molecules 0
set current -1
set selections 0
set moved 0
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
            incr ::frames($option(molid)) $::frames_in_trajectory
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
expect {$moved == $molecules * $frames_in_trajectory} "not every frame is superposed"
expect {[llength $fixed] == 3 * $molecules} "start, highest point and end are not all marked"
puts "$molecules paths, fixed frames $fixed"
